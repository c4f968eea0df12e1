import { Header } from 'memjs';
import { describe, expect, it } from 'vitest';
import { accessFault, saslFault } from './handshake.ts';
import { Opcode } from './operation.ts';

function reply(opcode: number, status: number, body = ''): [ReturnType<typeof Header.fromBuffer>, Buffer] {
  const bytes = Buffer.concat([
    Header.toBuffer({ magic: 0x81, opcode, status, keyLength: 0, extrasLength: 0, totalBodyLength: body.length }),
    Buffer.from(body),
  ]);
  return [Header.fromBuffer(bytes), bytes];
}

describe('the SASL exchange', () => {
  it('goes on when PLAIN is among the mechanisms', () => {
    expect(saslFault(...reply(Opcode.listSaslMechanisms, 0, 'CRAM-MD5 PLAIN'))).toBeUndefined();
    expect(saslFault(...reply(Opcode.saslAuthenticate, 0, 'Authenticated'))).toBeUndefined();
  });

  it('ends before the password is sent when PLAIN is not offered', () => {
    expect(saslFault(...reply(Opcode.listSaslMechanisms, 0, 'SCRAM-SHA-256 PLAINTEXT'))).toContain('PLAIN');
  });

  it('ends when the node knows no SASL, which memjs takes for a success', () => {
    expect(saslFault(...reply(Opcode.listSaslMechanisms, 0x81))).toContain('knows no SASL');
    expect(saslFault(...reply(Opcode.saslAuthenticate, 0x81))).toContain('knows no SASL');
  });

  it('ends when the credentials are refused, or not enough', () => {
    expect(saslFault(...reply(Opcode.saslAuthenticate, 0x20, 'Auth failure.'))).toContain('refused the credentials');
    expect(saslFault(...reply(Opcode.saslAuthenticate, 0x21))).toContain('did not accept');
  });

  it('tells whether credentials are missing or no longer good', () => {
    expect(accessFault(undefined)).toContain('none are set');
    expect(accessFault({ username: 'user', password: 'secret' })).not.toContain('secret');
  });
});
