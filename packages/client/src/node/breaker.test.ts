import { describe, expect, it } from 'vitest';

import { SessClientError, type SessClientErrorCode } from '../errors.ts';
import { Breaker, type BreakerState, SAME_FAILURE_MS } from './breaker.ts';

function failure(code: SessClientErrorCode): SessClientError {
  return new SessClientError(code, code);
}

interface Setup {
  readonly breaker: Breaker;
  readonly changes: string[];
  readonly pass: (ms: number) => void;
}

function breakerIn(state: BreakerState): Setup {
  let elapsed = 0;
  const changes: string[] = [];
  const breaker = new Breaker(
    { failuresToEject: 3, answersToReturn: 2 },
    () => elapsed,
    (from, to) => changes.push(`${from} > ${to}`),
  );
  if (state !== 'unknown') {
    breaker.connected();
    breaker.requestAnswered();
  }
  if (state === 'suspect' || state === 'down') breaker.disconnected(failure('SESS_CONNECTION'));
  if (state === 'down') breaker.disconnected(failure('SESS_CONNECTION'));
  expect(breaker.state).toBe(state);
  changes.length = 0;
  return { breaker, changes, pass: (ms) => void (elapsed += ms) };
}

/** Fails independent requests. */
function failRequests({ breaker, pass }: Setup, code: SessClientErrorCode, times: number): void {
  for (let time = 0; time < times; time += 1) {
    breaker.requestFailed(failure(code));
    pass(SAME_FAILURE_MS);
  }
}

describe('a node that is up', () => {
  it.each(['SESS_TIMEOUT', 'SESS_PROTOCOL', 'SESS_SERVER'] as const)(
    'goes down after three failures in a row: %s',
    (code) => {
      const setup = breakerIn('up');
      failRequests(setup, code, 2);
      expect(setup.breaker.state).toBe('up');
      failRequests(setup, code, 1);
      expect(setup.changes).toEqual(['up > down']);
      expect(setup.breaker.cause).toMatchObject({ code });
    },
  );

  it('stays up when an answer comes between failures', () => {
    const setup = breakerIn('up');
    for (let time = 0; time < 5; time += 1) {
      failRequests(setup, 'SESS_TIMEOUT', 2);
      setup.breaker.requestAnswered();
    }
    expect(setup.changes).toEqual([]);
  });

  it('does not take an answered probe for an answered request: a node that only answers probes goes down', () => {
    const setup = breakerIn('up');
    for (let time = 0; time < 3; time += 1) {
      failRequests(setup, 'SESS_SERVER', 1);
      setup.breaker.probeAnswered();
    }
    expect(setup.breaker.state).toBe('down');
  });

  it('counts a burst of failures once: a hundred requests under way during one hiccup', () => {
    const setup = breakerIn('up');
    for (let time = 0; time < 100; time += 1) setup.breaker.requestFailed(failure('SESS_TIMEOUT'));
    setup.pass(SAME_FAILURE_MS);
    failRequests(setup, 'SESS_TIMEOUT', 1);
    expect(setup.changes).toEqual([]);
    failRequests(setup, 'SESS_TIMEOUT', 1);
    expect(setup.changes).toEqual(['up > down']);
  });

  it('goes down in a steady rain of failures, however dense', () => {
    const { breaker, pass } = breakerIn('up');
    for (let time = 0; time < 200; time += 1) {
      breaker.requestFailed(failure('SESS_TIMEOUT'));
      pass(1);
    }
    expect(breaker.state).toBe('down');
  });

  it.each([
    'SESS_BAD_KEY',
    'SESS_BAD_VALUE',
    'SESS_TOO_LARGE',
    'SESS_OUT_OF_MEMORY',
    'SESS_ABORTED',
    'SESS_OVERLOADED',
    'SESS_CLOSED',
    'SESS_CONFLICT',
  ] as const)('does not suffer from what says nothing about it: %s', (code) => {
    const setup = breakerIn('up');
    failRequests(setup, code, 10);
    expect(setup.changes).toEqual([]);
  });

  it('is suspect, not down, when its connection is lost, and up again when a probe answers', () => {
    const { breaker, changes } = breakerIn('up');
    breaker.disconnected(failure('SESS_CONNECTION'));
    breaker.requestFailed(failure('SESS_CONNECTION'));
    breaker.connected();
    breaker.probeAnswered();
    expect(changes).toEqual(['up > suspect', 'suspect > up']);
  });

  it('goes down at once when it refuses a connection', () => {
    const { breaker, changes } = breakerIn('up');
    breaker.disconnected(failure('SESS_CONNECTION'));
    breaker.disconnected(failure('SESS_CONNECTION'));
    expect(changes).toEqual(['up > suspect', 'suspect > down']);
  });

  it('goes down at once when it refuses the credentials', () => {
    const { breaker, changes } = breakerIn('up');
    breaker.requestFailed(failure('SESS_AUTH'));
    expect(changes).toEqual(['up > down']);
  });

  it('counts an error that the transport should not have thrown', () => {
    const setup = breakerIn('up');
    setup.breaker.requestFailed(new TypeError('a fault'));
    setup.pass(SAME_FAILURE_MS);
    failRequests(setup, 'SESS_TIMEOUT', 2);
    expect(setup.changes).toEqual(['up > down']);
  });
});

describe('a node that is suspect', () => {
  it('goes down when the probe that should connect anew can not', () => {
    const { breaker, changes } = breakerIn('suspect');
    breaker.probeFailed(failure('SESS_CONNECTION'), 'suspect');
    expect(changes).toEqual(['suspect > down']);
  });

  it('is not judged by a probe that was sent over the lost connection', () => {
    const { breaker, changes } = breakerIn('suspect');
    breaker.probeFailed(failure('SESS_CONNECTION'), 'up');
    expect(changes).toEqual([]);
  });

  it('goes down after three failures in a row when connections are made but nothing answers', () => {
    const { breaker, changes, pass } = breakerIn('suspect');
    for (let time = 0; time < 3; time += 1) {
      breaker.probeFailed(failure('SESS_TIMEOUT'), 'suspect');
      pass(500);
    }
    expect(changes).toEqual(['suspect > down']);
  });

  it('goes down when the new connection is lost, too', () => {
    const { breaker, changes } = breakerIn('suspect');
    breaker.connected();
    breaker.disconnected(failure('SESS_CONNECTION'));
    expect(changes).toEqual(['suspect > down']);
  });
});

describe('a node that was not spoken to yet', () => {
  it('is up with its first answer', () => {
    const { breaker, changes } = breakerIn('unknown');
    breaker.connected();
    breaker.requestAnswered();
    breaker.requestAnswered();
    expect(changes).toEqual(['unknown > up']);
  });

  it('is down when it refuses', () => {
    const { breaker, changes } = breakerIn('unknown');
    breaker.disconnected(failure('SESS_CONNECTION'));
    expect(changes).toEqual(['unknown > down']);
  });

  it('gets as many tries as any when connecting takes too long', () => {
    const { breaker, changes, pass } = breakerIn('unknown');
    for (let time = 0; time < 3; time += 1) {
      expect(changes).toEqual([]);
      breaker.disconnected(failure('SESS_TIMEOUT'));
      breaker.requestFailed(failure('SESS_TIMEOUT'));
      pass(1_000);
    }
    expect(changes).toEqual(['unknown > down']);
  });
});

describe('a node that has not answered yet', () => {
  it('has the reason of its last failure, also before it counts as down', () => {
    const setup = breakerIn('unknown');
    failRequests(setup, 'SESS_TIMEOUT', 1);
    expect(setup.breaker.state).toBe('unknown');
    expect(setup.breaker.cause).toMatchObject({ code: 'SESS_TIMEOUT' });
    setup.breaker.requestAnswered();
    expect(setup.breaker.cause).toBeUndefined();
  });
});

describe('a node that is down', () => {
  it('comes back after two answered probes in a row', () => {
    const { breaker, changes } = breakerIn('down');
    breaker.probeAnswered();
    breaker.probeFailed(failure('SESS_TIMEOUT'), 'down');
    breaker.probeAnswered();
    expect(changes).toEqual([]);
    breaker.probeAnswered();
    expect(changes).toEqual(['down > up']);
    expect(breaker.cause).toBeUndefined();
  });

  it('needs as many answers the second time', () => {
    const { breaker } = breakerIn('down');
    breaker.probeAnswered();
    breaker.probeAnswered();
    breaker.requestFailed(failure('SESS_AUTH'));
    breaker.probeAnswered();
    expect(breaker.state).toBe('down');
  });

  it('comes back with a clean record', () => {
    const setup = breakerIn('up');
    failRequests(setup, 'SESS_TIMEOUT', 3);
    setup.breaker.probeAnswered();
    setup.breaker.probeAnswered();
    failRequests(setup, 'SESS_TIMEOUT', 2);
    expect(setup.breaker.state).toBe('up');
  });

  it('begins anew when the connection is lost between two probes', () => {
    const { breaker } = breakerIn('down');
    breaker.connected();
    breaker.probeAnswered();
    breaker.disconnected(failure('SESS_CONNECTION'));
    breaker.probeAnswered();
    expect(breaker.state).toBe('down');
  });

  it('is not brought back by late answers to requests', () => {
    const { breaker } = breakerIn('down');
    for (let time = 0; time < 5; time += 1) breaker.requestAnswered();
    expect(breaker.state).toBe('down');
  });

  it('tells the latest reason', () => {
    const { breaker } = breakerIn('down');
    breaker.probeFailed(failure('SESS_AUTH'), 'down');
    expect(breaker.cause).toMatchObject({ code: 'SESS_AUTH' });
  });
});

describe('a connection that was given up because this process slept', () => {
  it('leads to a probe, and blames nobody however often it comes', () => {
    const { breaker, changes } = breakerIn('up');
    breaker.forgotten(failure('SESS_CONNECTION'));
    breaker.connected();
    breaker.forgotten(failure('SESS_CONNECTION'));
    breaker.connected();
    breaker.probeAnswered();
    expect(changes).toEqual(['up > suspect', 'suspect > up']);
  });

  it('is an outage when no other can be made', () => {
    const { breaker, changes } = breakerIn('up');
    breaker.forgotten(failure('SESS_CONNECTION'));
    breaker.disconnected(failure('SESS_CONNECTION'));
    expect(changes).toEqual(['up > suspect', 'suspect > down']);
  });
});
