/**
 * MD5's step over one block (RFC 1321, section 3.4): mixes the 16 words of `words` at `from` into `state`.
 *
 * Unrolled over locals, so that an optimising compiler keeps them in registers and nothing is allocated. All numbers are
 * int32. The casts to `number` are for the type checker: the caller gives whole blocks.
 */
export function md5Block(state: Int32Array, words: Int32Array, from: number): void {
  const m0 = words[from + 0] as number;
  const m1 = words[from + 1] as number;
  const m2 = words[from + 2] as number;
  const m3 = words[from + 3] as number;
  const m4 = words[from + 4] as number;
  const m5 = words[from + 5] as number;
  const m6 = words[from + 6] as number;
  const m7 = words[from + 7] as number;
  const m8 = words[from + 8] as number;
  const m9 = words[from + 9] as number;
  const m10 = words[from + 10] as number;
  const m11 = words[from + 11] as number;
  const m12 = words[from + 12] as number;
  const m13 = words[from + 13] as number;
  const m14 = words[from + 14] as number;
  const m15 = words[from + 15] as number;
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;

  // Round 1: (b & c) | (~b & d), written with one operation less.
  a = (rotate((a + m0 - 680876936 + (d ^ (b & (c ^ d)))) | 0, 7) + b) | 0;
  d = (rotate((d + m1 - 389564586 + (c ^ (a & (b ^ c)))) | 0, 12) + a) | 0;
  c = (rotate((c + m2 + 606105819 + (b ^ (d & (a ^ b)))) | 0, 17) + d) | 0;
  b = (rotate((b + m3 - 1044525330 + (a ^ (c & (d ^ a)))) | 0, 22) + c) | 0;
  a = (rotate((a + m4 - 176418897 + (d ^ (b & (c ^ d)))) | 0, 7) + b) | 0;
  d = (rotate((d + m5 + 1200080426 + (c ^ (a & (b ^ c)))) | 0, 12) + a) | 0;
  c = (rotate((c + m6 - 1473231341 + (b ^ (d & (a ^ b)))) | 0, 17) + d) | 0;
  b = (rotate((b + m7 - 45705983 + (a ^ (c & (d ^ a)))) | 0, 22) + c) | 0;
  a = (rotate((a + m8 + 1770035416 + (d ^ (b & (c ^ d)))) | 0, 7) + b) | 0;
  d = (rotate((d + m9 - 1958414417 + (c ^ (a & (b ^ c)))) | 0, 12) + a) | 0;
  c = (rotate((c + m10 - 42063 + (b ^ (d & (a ^ b)))) | 0, 17) + d) | 0;
  b = (rotate((b + m11 - 1990404162 + (a ^ (c & (d ^ a)))) | 0, 22) + c) | 0;
  a = (rotate((a + m12 + 1804603682 + (d ^ (b & (c ^ d)))) | 0, 7) + b) | 0;
  d = (rotate((d + m13 - 40341101 + (c ^ (a & (b ^ c)))) | 0, 12) + a) | 0;
  c = (rotate((c + m14 - 1502002290 + (b ^ (d & (a ^ b)))) | 0, 17) + d) | 0;
  b = (rotate((b + m15 + 1236535329 + (a ^ (c & (d ^ a)))) | 0, 22) + c) | 0;

  // Round 2: (b & d) + (c & ~d): no bit is in both, and what needs the newest word, b, comes last.
  a = (rotate((a + m1 - 165796510 + (c & ~d) + (b & d)) | 0, 5) + b) | 0;
  d = (rotate((d + m6 - 1069501632 + (b & ~c) + (a & c)) | 0, 9) + a) | 0;
  c = (rotate((c + m11 + 643717713 + (a & ~b) + (d & b)) | 0, 14) + d) | 0;
  b = (rotate((b + m0 - 373897302 + (d & ~a) + (c & a)) | 0, 20) + c) | 0;
  a = (rotate((a + m5 - 701558691 + (c & ~d) + (b & d)) | 0, 5) + b) | 0;
  d = (rotate((d + m10 + 38016083 + (b & ~c) + (a & c)) | 0, 9) + a) | 0;
  c = (rotate((c + m15 - 660478335 + (a & ~b) + (d & b)) | 0, 14) + d) | 0;
  b = (rotate((b + m4 - 405537848 + (d & ~a) + (c & a)) | 0, 20) + c) | 0;
  a = (rotate((a + m9 + 568446438 + (c & ~d) + (b & d)) | 0, 5) + b) | 0;
  d = (rotate((d + m14 - 1019803690 + (b & ~c) + (a & c)) | 0, 9) + a) | 0;
  c = (rotate((c + m3 - 187363961 + (a & ~b) + (d & b)) | 0, 14) + d) | 0;
  b = (rotate((b + m8 + 1163531501 + (d & ~a) + (c & a)) | 0, 20) + c) | 0;
  a = (rotate((a + m13 - 1444681467 + (c & ~d) + (b & d)) | 0, 5) + b) | 0;
  d = (rotate((d + m2 - 51403784 + (b & ~c) + (a & c)) | 0, 9) + a) | 0;
  c = (rotate((c + m7 + 1735328473 + (a & ~b) + (d & b)) | 0, 14) + d) | 0;
  b = (rotate((b + m12 - 1926607734 + (d & ~a) + (c & a)) | 0, 20) + c) | 0;

  // Round 3: b ^ c ^ d.
  a = (rotate((a + m5 - 378558 + (b ^ (c ^ d))) | 0, 4) + b) | 0;
  d = (rotate((d + m8 - 2022574463 + (a ^ (b ^ c))) | 0, 11) + a) | 0;
  c = (rotate((c + m11 + 1839030562 + (d ^ (a ^ b))) | 0, 16) + d) | 0;
  b = (rotate((b + m14 - 35309556 + (c ^ (d ^ a))) | 0, 23) + c) | 0;
  a = (rotate((a + m1 - 1530992060 + (b ^ (c ^ d))) | 0, 4) + b) | 0;
  d = (rotate((d + m4 + 1272893353 + (a ^ (b ^ c))) | 0, 11) + a) | 0;
  c = (rotate((c + m7 - 155497632 + (d ^ (a ^ b))) | 0, 16) + d) | 0;
  b = (rotate((b + m10 - 1094730640 + (c ^ (d ^ a))) | 0, 23) + c) | 0;
  a = (rotate((a + m13 + 681279174 + (b ^ (c ^ d))) | 0, 4) + b) | 0;
  d = (rotate((d + m0 - 358537222 + (a ^ (b ^ c))) | 0, 11) + a) | 0;
  c = (rotate((c + m3 - 722521979 + (d ^ (a ^ b))) | 0, 16) + d) | 0;
  b = (rotate((b + m6 + 76029189 + (c ^ (d ^ a))) | 0, 23) + c) | 0;
  a = (rotate((a + m9 - 640364487 + (b ^ (c ^ d))) | 0, 4) + b) | 0;
  d = (rotate((d + m12 - 421815835 + (a ^ (b ^ c))) | 0, 11) + a) | 0;
  c = (rotate((c + m15 + 530742520 + (d ^ (a ^ b))) | 0, 16) + d) | 0;
  b = (rotate((b + m2 - 995338651 + (c ^ (d ^ a))) | 0, 23) + c) | 0;

  // Round 4: c ^ (b | ~d).
  a = (rotate((a + m0 - 198630844 + (c ^ (b | ~d))) | 0, 6) + b) | 0;
  d = (rotate((d + m7 + 1126891415 + (b ^ (a | ~c))) | 0, 10) + a) | 0;
  c = (rotate((c + m14 - 1416354905 + (a ^ (d | ~b))) | 0, 15) + d) | 0;
  b = (rotate((b + m5 - 57434055 + (d ^ (c | ~a))) | 0, 21) + c) | 0;
  a = (rotate((a + m12 + 1700485571 + (c ^ (b | ~d))) | 0, 6) + b) | 0;
  d = (rotate((d + m3 - 1894986606 + (b ^ (a | ~c))) | 0, 10) + a) | 0;
  c = (rotate((c + m10 - 1051523 + (a ^ (d | ~b))) | 0, 15) + d) | 0;
  b = (rotate((b + m1 - 2054922799 + (d ^ (c | ~a))) | 0, 21) + c) | 0;
  a = (rotate((a + m8 + 1873313359 + (c ^ (b | ~d))) | 0, 6) + b) | 0;
  d = (rotate((d + m15 - 30611744 + (b ^ (a | ~c))) | 0, 10) + a) | 0;
  c = (rotate((c + m6 - 1560198380 + (a ^ (d | ~b))) | 0, 15) + d) | 0;
  b = (rotate((b + m13 + 1309151649 + (d ^ (c | ~a))) | 0, 21) + c) | 0;
  a = (rotate((a + m4 - 145523070 + (c ^ (b | ~d))) | 0, 6) + b) | 0;
  d = (rotate((d + m11 - 1120210379 + (b ^ (a | ~c))) | 0, 10) + a) | 0;
  c = (rotate((c + m2 + 718787259 + (a ^ (d | ~b))) | 0, 15) + d) | 0;
  b = (rotate((b + m9 - 343485551 + (d ^ (c | ~a))) | 0, 21) + c) | 0;

  state[0] = (a + (state[0] as number)) | 0;
  state[1] = (b + (state[1] as number)) | 0;
  state[2] = (c + (state[2] as number)) | 0;
  state[3] = (d + (state[3] as number)) | 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
