import { createSign, generateKeyPairSync } from 'node:crypto';
import https from 'node:https';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { guard, state, stopGuards, type RunningGuard } from './running-guard.ts';
import { shop } from './shop.ts';

vi.setConfig({ testTimeout: 180_000 });

afterEach(async () => {
  await stopGuards();
  vi.restoreAllMocks();
});

async function post(running: RunningGuard, body: unknown): Promise<number> {
  return (await fetch(`${running.url()}/sns`, { method: 'POST', body: JSON.stringify(body) })).status;
}

describe('a message of SNS', () => {
  const TOPIC = 'arn:aws:sns:us-east-1:000000000000:elasticache';
  const CERTIFICATE = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem';
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

  /** As AWS signs one. */
  function signed(fields: Readonly<Record<string, string>> = {}): Record<string, string> {
    const message = {
      Message: '{"ElastiCache:NodeReplacementScheduled":"sess-local"}',
      MessageId: 'one',
      Timestamp: new Date().toISOString(),
      TopicArn: TOPIC,
      Type: 'Notification',
      ...fields,
    };
    const text = Object.entries(message)
      .map(([name, value]) => `${name}\n${value}\n`)
      .join('');
    const Signature = createSign('RSA-SHA256').update(text).sign(privateKey, 'base64');
    return { ...message, Signature, SignatureVersion: '2', SigningCertURL: CERTIFICATE };
  }

  /** Stands for the host that AWS keeps its certificates on. */
  function certificatesOfAws(): void {
    vi.spyOn(https, 'get').mockImplementation(((url: string, answered: (response: PassThrough) => void) => {
      const response = Object.assign(new PassThrough(), { statusCode: url === CERTIFICATE ? 200 : 404 });
      answered(response);
      response.end(publicKey.export({ type: 'spki', format: 'pem' }));
      return new PassThrough();
    }) as never);
  }

  it('makes the guard look at once; what AWS did not sign, or of another topic, is refused', async () => {
    certificatesOfAws();
    const site = await shop({ nodes: 3 });
    // So long that only the message can start a round.
    const running = guard(site, `--no-policy --interval 3000 --sns-topic ${TOPIC}`);
    await expect.poll(async () => (await state(running))['doing']).toBe('watching');
    site.aws.announceReplacement(['0003']);
    const forged = { ...signed(), Message: '{}' };
    expect(await post(running, forged)).toBe(403);
    expect(await post(running, { ...signed(), SigningCertURL: 'https://sns.example.com/one.pem' })).toBe(403);
    expect(await post(running, signed({ TopicArn: 'arn:aws:sns:us-east-1:1:other' }))).toBe(403);
    expect(await post(running, 'nonsense')).toBe(403);
    expect(site.client.topology.drains.size).toBe(0);
    expect(await post(running, signed())).toBe(200);
    await expect.poll(() => [...site.client.topology.drains.values()]).toEqual(['drained']);
    await site.expectNothingMissing();
  });

  it('is not taken without --sns-topic', async () => {
    const site = await shop({ nodes: 2 });
    const running = guard(site, '--no-policy');
    await state(running);
    expect(await post(running, signed())).toBe(404);
  });
});
