import { TLS_FUNCTION } from './tls-identity.ts';

const BY_CODE: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`^${TLS_FUNCTION}$`),
    "This function of the application refuses the server: correct it, or the server's certificate or key",
  ],
  [/^ABORT_ERR$/, 'It ends every connection: leave out tls.signal, or create another client'],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'The certificate is for another name: use the name it is for, or set tls.servername',
  ],
  [/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/, 'Renew the certificate, or set the clock of this machine'],
  [
    /ALERT_HANDSHAKE_FAILURE$/,
    'The server may ask for a client certificate (tls.cert, tls.key), or the two share no cipher',
  ],
  [
    /ALERT_(?:\w+_)?(?:CERTIFICATE|CA|DENIED)(?:_\w+)?$/,
    'The server asks for a client certificate that it trusts: give tls.cert and tls.key',
  ],
  [
    /(?:PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE)$/,
    'The two share no version of TLS: see tls.minVersion and tls.maxVersion',
  ],
  [/(?:CERT|ISSUER|SIGNATURE)/, 'For an authority of your own, give its certificate as tls.ca'],
];

/**
 * What to do about a connection that ended with `error`, if both sides speak TLS and the error is about certificates,
 * versions or ciphers; otherwise `undefined`. Never advises to turn TLS off.
 */
export function tlsAdvice(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return BY_CODE.find(([pattern]) => pattern.test(code))?.[1];
}
