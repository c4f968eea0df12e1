import { inject } from 'vitest';
import { sessionLibraryConformance } from '../src/session-library-suite.ts';
import { startExpress } from './session-libraries/express-app.ts';
import { startFastify } from './session-libraries/fastify-app.ts';
import { startKoa } from './session-libraries/koa-app.ts';

for (const runtime of inject('mainRuntimes')) {
  sessionLibraryConformance(
    {
      name: 'express-session',
      start: startExpress,
      sessionId: (cookie) => cookie.replace(/^s:/, '').replace(/\.[^.]*$/, ''),
      keyPrefix: 'x/',
      idle: 'touch',
      tellsBase: true,
    },
    runtime,
  );
  if (inject('long'))
    sessionLibraryConformance(
      {
        name: 'express-session that saves everything',
        start: (options) => startExpress(options, { resave: true, rolling: true }),
        sessionId: (cookie) => cookie.replace(/^s:/, '').replace(/\.[^.]*$/, ''),
        keyPrefix: 'x/',
        idle: 'rewrite',
        tellsBase: true,
      },
      runtime,
    );
  sessionLibraryConformance(
    {
      name: '@fastify/session',
      start: startFastify,
      sessionId: (cookie) => cookie.replace(/\.[^.]*$/, ''),
      keyPrefix: 'x/',
      idle: 'rewrite',
      tellsBase: false,
    },
    runtime,
  );
  sessionLibraryConformance(
    {
      name: 'koa-session',
      start: startKoa,
      sessionId: (cookie) => cookie,
      keyPrefix: 'k/',
      idle: 'rewrite',
      tellsBase: true,
    },
    runtime,
  );
}
