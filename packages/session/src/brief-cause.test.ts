import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { briefCause } from './brief-cause.ts';

class ClientError extends Error {
  readonly code: string;
  readonly node: string | undefined;
  constructor(code: string, message: string, { node, cause }: { node?: string; cause: unknown }) {
    super(message, { cause });
    this.code = code;
    this.node = node;
  }
}

const socket = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:11211'), { code: 'ECONNREFUSED' });
const lost = new ClientError('SESS_CONNECTION', 'The connection failed: connect ECONNREFUSED 10.0.0.1:11211.', {
  node: '10.0.0.1:11211',
  cause: socket,
});
const out = new ClientError('SESS_UNAVAILABLE', 'No node answers.', { cause: lost });

describe('a brief cause', () => {
  it('joins the messages of the chain, each once, and has the code of the fault', () => {
    const brief = briefCause(out);
    expect(brief).toMatchObject({
      code: 'SESS_CONNECTION',
      node: '10.0.0.1:11211',
      message: 'No node answers: The connection failed: connect ECONNREFUSED 10.0.0.1:11211',
      cause: undefined,
    });
    expect([brief instanceof ClientError, brief instanceof Error]).toEqual([true, true]);
  });

  it('is one line where it is printed, and leaves the errors as they were', () => {
    expect(inspect(briefCause(out), { breakLength: Infinity })).not.toContain('\n');
    expect([out.cause, lost.stack?.includes('\n'), socket.stack?.includes('\n')]).toEqual([lost, true, true]);
  });

  it('is unchanged by a second call', () => {
    const brief = briefCause(out);
    expect(briefCause(brief)).toMatchObject({ code: 'SESS_CONNECTION', message: (brief as Error).message });
  });

  it('says what each address of a name answered', () => {
    const refused = new AggregateError([
      new Error('connect ECONNREFUSED ::1:5432'),
      new Error('connect ECONNREFUSED 127.0.0.1:5432'),
    ]);
    expect(briefCause(new Error('the database is away', { cause: refused }))).toMatchObject({
      message: 'the database is away: connect ECONNREFUSED ::1:5432, connect ECONNREFUSED 127.0.0.1:5432',
    });
  });

  it('names the first of many addresses, counts the others, and says nothing twice', () => {
    const each = Array.from({ length: 300 }, (_, index) => `connect ECONNREFUSED 10.0.0.${index}:1`);
    const refused = new AggregateError(each.map((message) => new Error(message)));
    const reason = `${each.slice(0, 5).join(', ')}, and 295 more`;
    for (const outer of ['the database is away', `The connection failed: ${reason}.`]) {
      const { message } = briefCause(new Error(outer, { cause: refused })) as Error;
      expect(message.split(reason)).toHaveLength(2);
      expect(message.split('ECONNREFUSED')).toHaveLength(6);
    }
  });

  it('tells to its end what we say ourselves: the advice is there', () => {
    const advice = `The node ended the connection instead of a greeting. ${'x'.repeat(300)} use memcacheds://`;
    const refused = new ClientError('SESS_CONNECTION', `${advice}.`, { cause: new Error('y'.repeat(5_000)) });
    const { message } = briefCause(refused) as Error;
    expect(message).toContain(`${advice}: yyy`);
    expect(message.length).toBeLessThan(advice.length + 400);
  });

  it('says what OpenSSL found, without the lines of its source', () => {
    const openssl = new Error(
      '80CC6B:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl3.c:350:\n',
    );
    const refused = new ClientError('SESS_CONNECTION', "They can't agree on TLS (wrong version number).", {
      cause: openssl,
    });
    expect((briefCause(refused) as Error).message).toBe("They can't agree on TLS (wrong version number)");
    expect((briefCause(openssl) as Error).message).toBe('wrong version number');
  });

  it('ends where causes go in a circle, and is bounded', () => {
    const circle = new Error('x'.repeat(5_000));
    circle.cause = circle;
    expect((briefCause(circle) as Error).message.length).toBeLessThan(500);
  });

  it.each([undefined, 'a text', { message: 'no error' }])('of %j is what came', (given) => {
    expect(briefCause(given)).toBe(given);
  });
});
