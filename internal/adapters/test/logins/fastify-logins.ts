/* oxlint-disable oxc/no-async-endpoint-handlers, typescript/unbound-method -- Fastify awaits its handlers; the hook of csrf-protection is used as its authors do */
import csrf from '@fastify/csrf-protection';
import formbody from '@fastify/formbody';
import { Authenticator } from '@fastify/passport';
import sessions from '@sess/fastify-plugin';
import fastify from 'fastify';
import { Strategy } from 'passport-local';
import { checkPassword, type Account, type LoginSubject } from './subject.ts';

declare module 'fastify' {
  interface PassportUser extends Account {}
}

/** `@fastify/csrf-protection` uses properties of the session, or `get` and `set`. */
export const fastifyLogins: readonly LoginSubject[] = (['@fastify/session', '@fastify/secure-session'] as const).map(
  (sessionPlugin) => ({
    name: `@fastify/passport, @fastify/flash, @fastify/csrf-protection as with ${sessionPlugin}`,
    logoutCanKeep: false,
    waysToTell: 2,
    async start(options) {
      const errors: unknown[] = [];
      const stream = { write: (line: string) => void (JSON.parse(line).level >= 50 && errors.push(JSON.parse(line))) };
      const app = fastify({ logger: { level: 'error', stream } });
      await app.register(sessions, options);
      await app.register(formbody);
      await app.register(csrf, { sessionPlugin });
      const passport = new Authenticator();
      // It brings @fastify/flash with it.
      await app.register(passport.initialize());
      await app.register(passport.secureSession());
      passport.use('local', new Strategy({ usernameField: 'name' }, checkPassword));
      passport.registerUserSerializer(async ({ name }: Account) => name);
      passport.registerUserDeserializer(async (name: string) => ({ name }));

      const login = {
        successReturnToOrRedirect: '/shop',
        failureRedirect: '/login',
        failureFlash: true,
        failureMessage: true,
      };
      const authenticate = passport.authenticate('local', login);
      const authenticateKeeping = passport.authenticate('local', { ...login, keepSessionInfo: true } as typeof login);
      app.get('/login', async ({ session }, reply) => {
        const messages = [
          ...(reply.flash('error') as string[]),
          ...((session.get('messages') as string[] | undefined) ?? []),
        ];
        session.set('messages', undefined);
        return { messages, token: reply.generateCsrf() };
      });
      app.post('/login', { preValidation: [app.csrfProtection, authenticate] }, async () => ({}));
      app.post('/login/keeping', { preValidation: [app.csrfProtection, authenticateKeeping] }, async () => ({}));
      app.post('/logout', { preValidation: app.csrfProtection }, async (request) => {
        await request.logOut();
        return {};
      });
      app.get('/account', async (request, reply) => {
        if (request.isAuthenticated()) return { user: request.user?.name, cart: request.session.data.cart ?? [] };
        request.session.data.returnTo = request.url;
        return reply.redirect('/login');
      });
      app.get('/shop', async ({ user, session }, reply) => ({
        user: user?.name ?? null,
        cart: session.data.cart ?? [],
        token: reply.generateCsrf(),
      }));
      app.post<{ Body: { item: string } }>(
        '/cart',
        { preValidation: app.csrfProtection },
        async ({ session, body }) => {
          session.data.cart = [...(session.data.cart ?? []), body.item];
          return {};
        },
      );
      return { origin: await app.listen({ port: 0, host: '127.0.0.1' }), errors, close: () => app.close() };
    },
  }),
);
