import { describe, expect, it } from 'vitest';
import { tlsAdvice } from './tls-advice.ts';

const failure = (code: string): Error => Object.assign(new Error('of OpenSSL'), { code });

describe('the advice about a failed TLS connection', () => {
  it.each([
    ['ABORT_ERR', 'leave out tls.signal'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls.servername'],
    ['CERT_HAS_EXPIRED', 'Renew the certificate'],
    ['CERT_NOT_YET_VALID', 'Renew the certificate'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls.ca'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls.ca'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls.ca'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls.ca'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client certificate that it trusts'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client certificate that it trusts'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'client certificate that it trusts'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'client certificate that it trusts'],
    ['ERR_SSL_TLSV1_ALERT_ACCESS_DENIED', 'client certificate that it trusts'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'may ask for a client certificate'],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls.minVersion'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'tls.minVersion'],
  ])('of %s', (code, advice) => {
    expect(tlsAdvice(failure(code))).toContain(advice);
  });

  it.each(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ECONNRESET', 'ECONNREFUSED'])(
    'is none for %s: the server may not speak TLS',
    (code) => {
      expect(tlsAdvice(failure(code))).toBeUndefined();
    },
  );

  it('is none for what is no error of Node.js', () => {
    expect([tlsAdvice('CERT'), tlsAdvice(new Error('CERT')), tlsAdvice(undefined)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
