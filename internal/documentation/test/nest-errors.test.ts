import { BaseExceptionFilter } from '@nestjs/core';
import { StoreError } from '@sess/express-session-store';
import { SessionError } from '@sess/fastify-plugin';
import { expect, it } from 'vitest';

it.each([
  ['a session', new SessionError('SESS_UNAVAILABLE', 'out of reach'), 503],
  ['a session that ended', new SessionError('SESS_DESTROYED', 'ended'), 409],
  ['a store', new StoreError('SESS_UNAVAILABLE', 'out of reach'), 503],
])('NestJS answers with the status of the error of %s', (_name, error, status) => {
  const answers: unknown[] = [];
  const adapter = {
    isHeadersSent: () => false,
    reply: (_response: unknown, _body: unknown, statusCode: number) => void answers.push(statusCode),
    end: () => undefined,
  };
  const host = { getArgByIndex: () => ({}) };
  new BaseExceptionFilter().handleUnknownError(error, host as never, adapter as never);
  expect(answers).toEqual([status]);
});
