import { describe, expect, it } from 'vitest';

import { FakeClock, settled } from '../../test/fake-clock.ts';
import { SessClientError } from '../errors.ts';
import { Breaker } from './breaker.ts';
import { Prober } from './prober.ts';

interface Setup {
  readonly clock: FakeClock;
  readonly breaker: Breaker;
  readonly prober: Prober;
  /** When each probe was sent. */
  readonly sent: number[];
  /** Settles the pending probe. */
  readonly answer: (error?: Error) => Promise<void>;
}

function probing(random = 0.5): Setup {
  const clock = new FakeClock();
  const sent: number[] = [];
  let settle: ((error?: Error) => void) | undefined;
  const breaker: Breaker = new Breaker(
    { failuresToEject: 3, answersToReturn: 2 },
    () => clock.elapsed(),
    () => prober.paceChanged(),
  );
  const send = (): Promise<unknown> => {
    sent.push(clock.elapsed());
    return new Promise<void>((resolve, reject) => {
      settle = (error) => (error === undefined ? resolve() : reject(error));
    });
  };
  const options = { probeIntervalMs: 1_000, maxProbePauseMs: 5_000 };
  const prober = new Prober(
    breaker,
    send,
    () => undefined,
    clock,
    () => random,
    options,
  );
  prober.start();
  const answer = async (error?: Error): Promise<void> => {
    settle?.(error);
    await settled();
  };
  return { clock, breaker, prober, sent, answer };
}

const refused = new SessClientError('SESS_CONNECTION', 'refused');

describe('the prober', () => {
  it('sends one probe at a time: the next pause begins with the answer', async () => {
    const { clock, sent, answer } = probing();
    await clock.pass(10_000);
    expect(sent).toEqual([0]);
    await answer();
    await clock.pass(1_000);
    expect(sent).toEqual([0, 11_000]);
  });

  it('jitters every pause by half', async () => {
    for (const [random, dueInMs] of [
      [0, 500],
      [0.999, 1_499],
    ] as const) {
      const { prober, answer } = probing(random);
      await answer();
      expect(prober.dueInMs).toBe(dueInMs);
    }
  });

  it('says when the next probe is: now, while one is under way', async () => {
    const { clock, prober, answer } = probing();
    expect(prober.dueInMs).toBe(0);
    await answer();
    await clock.pass(300);
    expect(prober.dueInMs).toBe(700);
  });

  it('asks again soon after a failure that did not bring the node down', async () => {
    const { prober, breaker, answer } = probing();
    await answer(new SessClientError('SESS_TIMEOUT', 'late'));
    expect(breaker.state).toBe('unknown');
    expect(prober.dueInMs).toBe(100);
  });

  it('is not put off by late answers to requests while the node is down', async () => {
    const { clock, prober, breaker, sent, answer } = probing();
    await answer(refused);
    expect(breaker.state).toBe('down');
    prober.requestAnswered();
    await clock.pass(100);
    expect(sent).toEqual([0, 100]);
  });

  it('probes at once when a connection was lost', async () => {
    const { clock, prober, breaker, sent, answer } = probing();
    breaker.connected();
    await answer();
    breaker.disconnected(refused);
    expect(prober.dueInMs).toBe(0);
    await clock.pass(0);
    expect(sent.length).toBe(2);
  });

  it('probes at most fifty times a second for callers that ask without a pause', async () => {
    const { clock, prober, sent, answer } = probing();
    await answer(refused);
    let asked = 0;
    const askAlways = async (): Promise<void> => {
      while (clock.elapsed() < 1_000) {
        asked += 1;
        await prober.probeNow();
      }
    };
    const callers = Promise.all([askAlways(), askAlways(), askAlways()]);
    for (let elapsed = 0; elapsed < 1_100; elapsed += 1) {
      await answer(refused);
      await clock.pass(1);
    }
    await callers;
    expect(asked).toBeGreaterThan(100);
    expect(sent.length).toBeGreaterThan(40);
    expect(sent.length).toBeLessThan(60);
  });

  it('answers a caller by a probe that was sent after it asked', async () => {
    const { clock, prober, sent, answer } = probing();
    await answer(refused);
    const askedAt = 10;
    await clock.pass(askedAt);
    const answers = prober.probeNow();
    await clock.pass(200);
    // One probe at a time: the scheduled one was due meanwhile.
    expect(sent).toEqual([0, 20]);
    await answer();
    expect(await answers).toBe(true);
  });

  it('asks at once while the node answers', async () => {
    const { clock, prober, sent, answer } = probing();
    await answer();
    void prober.probeNow();
    await answer();
    void prober.probeNow();
    await answer();
    expect(sent).toEqual([0, 0, 0]);
    expect(clock.timers).toBe(1);
  });

  it('tells a caller that waits for its turn when it is stopped', async () => {
    const { clock, prober, answer } = probing();
    await answer(refused);
    const waits = prober.probeNow();
    prober.stop();
    expect(await waits).toBe(false);
    expect(clock.timers).toBe(0);
  });

  it('leaves nothing behind, even when it is stopped while a probe is under way', async () => {
    for (const outcome of [undefined, refused]) {
      const { clock, prober, breaker, answer } = probing();
      prober.stop();
      await answer(outcome);
      breaker.requestAnswered();
      expect(clock.timers).toBe(0);
    }
    const idle = probing();
    await idle.answer();
    idle.prober.stop();
    expect(idle.clock.timers).toBe(0);
  });
});
