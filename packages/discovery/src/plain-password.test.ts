import { beforeEach, expect, it, vi } from 'vitest';

const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});

/** The function as a new process has it. */
async function ofNewProcess() {
  vi.resetModules();
  return (await import('./plain-password.ts')).warnOfPlainPassword;
}

beforeEach(() => warning.mockClear());

it.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', undefined])(
  'says nothing of what stays on this machine: %s',
  async (remoteAddress) => {
    (await ofNewProcess())({ remoteAddress });
    expect(warning).not.toHaveBeenCalled();
  },
);

it.each(['10.0.0.1', '128.0.0.1', '::ffff:10.0.0.1', 'fd00::1'])('warns once of %s', async (remoteAddress) => {
  const warn = await ofNewProcess();
  warn({ remoteAddress });
  warn({ remoteAddress: '10.0.0.2' });
  expect(warning.mock.calls).toEqual([
    [expect.stringContaining(remoteAddress), { type: 'SessWarning', code: 'SESS_PLAIN_PASSWORD' }],
  ]);
});
