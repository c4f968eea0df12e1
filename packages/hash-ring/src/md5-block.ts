/**
 * MD5's step over one block (RFC 1321, section 3.4): mixes the 16 words of `words` at `from` into `state`.
 *
 * Unrolled over local variables, so that the compiler keeps them in registers and nothing is allocated. Each step needs
 * the previous result, so it is added last: the CPU computes the rest meanwhile.
 *
 * All numbers are int32. The casts to `number` are for the type checker: the caller passes whole blocks.
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

  // Round 1: (b & c) | (~b & d), with one operation less.
  a = (rotate((a - 680876936 + m0 + (d ^ (b & (c ^ d)))) | 0, 7) + b) | 0;
  d = (rotate((d - 389564586 + m1 + (c ^ (a & (b ^ c)))) | 0, 12) + a) | 0;
  c = (rotate((c + 606105819 + m2 + (b ^ (d & (a ^ b)))) | 0, 17) + d) | 0;
  b = (rotate((b - 1044525330 + m3 + (a ^ (c & (d ^ a)))) | 0, 22) + c) | 0;
  a = (rotate((a - 176418897 + m4 + (d ^ (b & (c ^ d)))) | 0, 7) + b) | 0;
  d = (rotate((d + 1200080426 + m5 + (c ^ (a & (b ^ c)))) | 0, 12) + a) | 0;
  c = (rotate((c - 1473231341 + m6 + (b ^ (d & (a ^ b)))) | 0, 17) + d) | 0;
  b = (rotate((b - 45705983 + m7 + (a ^ (c & (d ^ a)))) | 0, 22) + c) | 0;
  a = (rotate((a + 1770035416 + m8 + (d ^ (b & (c ^ d)))) | 0, 7) + b) | 0;
  d = (rotate((d - 1958414417 + m9 + (c ^ (a & (b ^ c)))) | 0, 12) + a) | 0;
  c = (rotate((c - 42063 + m10 + (b ^ (d & (a ^ b)))) | 0, 17) + d) | 0;
  b = (rotate((b - 1990404162 + m11 + (a ^ (c & (d ^ a)))) | 0, 22) + c) | 0;
  a = (rotate((a + 1804603682 + m12 + (d ^ (b & (c ^ d)))) | 0, 7) + b) | 0;
  d = (rotate((d - 40341101 + m13 + (c ^ (a & (b ^ c)))) | 0, 12) + a) | 0;
  c = (rotate((c - 1502002290 + m14 + (b ^ (d & (a ^ b)))) | 0, 17) + d) | 0;
  b = (rotate((b + 1236535329 + m15 + (a ^ (c & (d ^ a)))) | 0, 22) + c) | 0;

  // Round 2: (b & d) + (c & ~d): they share no bit, and the term with the newest word, b, comes last.
  a = (rotate((a - 165796510 + m1 + (c & ~d) + (b & d)) | 0, 5) + b) | 0;
  d = (rotate((d - 1069501632 + m6 + (b & ~c) + (a & c)) | 0, 9) + a) | 0;
  c = (rotate((c + 643717713 + m11 + (a & ~b) + (d & b)) | 0, 14) + d) | 0;
  b = (rotate((b - 373897302 + m0 + (d & ~a) + (c & a)) | 0, 20) + c) | 0;
  a = (rotate((a - 701558691 + m5 + (c & ~d) + (b & d)) | 0, 5) + b) | 0;
  d = (rotate((d + 38016083 + m10 + (b & ~c) + (a & c)) | 0, 9) + a) | 0;
  c = (rotate((c - 660478335 + m15 + (a & ~b) + (d & b)) | 0, 14) + d) | 0;
  b = (rotate((b - 405537848 + m4 + (d & ~a) + (c & a)) | 0, 20) + c) | 0;
  a = (rotate((a + 568446438 + m9 + (c & ~d) + (b & d)) | 0, 5) + b) | 0;
  d = (rotate((d - 1019803690 + m14 + (b & ~c) + (a & c)) | 0, 9) + a) | 0;
  c = (rotate((c - 187363961 + m3 + (a & ~b) + (d & b)) | 0, 14) + d) | 0;
  b = (rotate((b + 1163531501 + m8 + (d & ~a) + (c & a)) | 0, 20) + c) | 0;
  a = (rotate((a - 1444681467 + m13 + (c & ~d) + (b & d)) | 0, 5) + b) | 0;
  d = (rotate((d - 51403784 + m2 + (b & ~c) + (a & c)) | 0, 9) + a) | 0;
  c = (rotate((c + 1735328473 + m7 + (a & ~b) + (d & b)) | 0, 14) + d) | 0;
  b = (rotate((b - 1926607734 + m12 + (d & ~a) + (c & a)) | 0, 20) + c) | 0;

  // Round 3: b ^ c ^ d.
  a = (rotate((a - 378558 + m5 + (b ^ (c ^ d))) | 0, 4) + b) | 0;
  d = (rotate((d - 2022574463 + m8 + (a ^ (b ^ c))) | 0, 11) + a) | 0;
  c = (rotate((c + 1839030562 + m11 + (d ^ (a ^ b))) | 0, 16) + d) | 0;
  b = (rotate((b - 35309556 + m14 + (c ^ (d ^ a))) | 0, 23) + c) | 0;
  a = (rotate((a - 1530992060 + m1 + (b ^ (c ^ d))) | 0, 4) + b) | 0;
  d = (rotate((d + 1272893353 + m4 + (a ^ (b ^ c))) | 0, 11) + a) | 0;
  c = (rotate((c - 155497632 + m7 + (d ^ (a ^ b))) | 0, 16) + d) | 0;
  b = (rotate((b - 1094730640 + m10 + (c ^ (d ^ a))) | 0, 23) + c) | 0;
  a = (rotate((a + 681279174 + m13 + (b ^ (c ^ d))) | 0, 4) + b) | 0;
  d = (rotate((d - 358537222 + m0 + (a ^ (b ^ c))) | 0, 11) + a) | 0;
  c = (rotate((c - 722521979 + m3 + (d ^ (a ^ b))) | 0, 16) + d) | 0;
  b = (rotate((b + 76029189 + m6 + (c ^ (d ^ a))) | 0, 23) + c) | 0;
  a = (rotate((a - 640364487 + m9 + (b ^ (c ^ d))) | 0, 4) + b) | 0;
  d = (rotate((d - 421815835 + m12 + (a ^ (b ^ c))) | 0, 11) + a) | 0;
  c = (rotate((c + 530742520 + m15 + (d ^ (a ^ b))) | 0, 16) + d) | 0;
  b = (rotate((b - 995338651 + m2 + (c ^ (d ^ a))) | 0, 23) + c) | 0;

  // Round 4: c ^ (b | ~d).
  a = (rotate((a - 198630844 + m0 + (c ^ (b | ~d))) | 0, 6) + b) | 0;
  d = (rotate((d + 1126891415 + m7 + (b ^ (a | ~c))) | 0, 10) + a) | 0;
  c = (rotate((c - 1416354905 + m14 + (a ^ (d | ~b))) | 0, 15) + d) | 0;
  b = (rotate((b - 57434055 + m5 + (d ^ (c | ~a))) | 0, 21) + c) | 0;
  a = (rotate((a + 1700485571 + m12 + (c ^ (b | ~d))) | 0, 6) + b) | 0;
  d = (rotate((d - 1894986606 + m3 + (b ^ (a | ~c))) | 0, 10) + a) | 0;
  c = (rotate((c - 1051523 + m10 + (a ^ (d | ~b))) | 0, 15) + d) | 0;
  b = (rotate((b - 2054922799 + m1 + (d ^ (c | ~a))) | 0, 21) + c) | 0;
  a = (rotate((a + 1873313359 + m8 + (c ^ (b | ~d))) | 0, 6) + b) | 0;
  d = (rotate((d - 30611744 + m15 + (b ^ (a | ~c))) | 0, 10) + a) | 0;
  c = (rotate((c - 1560198380 + m6 + (a ^ (d | ~b))) | 0, 15) + d) | 0;
  b = (rotate((b + 1309151649 + m13 + (d ^ (c | ~a))) | 0, 21) + c) | 0;
  a = (rotate((a - 145523070 + m4 + (c ^ (b | ~d))) | 0, 6) + b) | 0;
  d = (rotate((d - 1120210379 + m11 + (b ^ (a | ~c))) | 0, 10) + a) | 0;
  c = (rotate((c + 718787259 + m2 + (a ^ (d | ~b))) | 0, 15) + d) | 0;
  b = (rotate((b - 343485551 + m9 + (d ^ (c | ~a))) | 0, 21) + c) | 0;

  state[0] = (a + (state[0] as number)) | 0;
  state[1] = (b + (state[1] as number)) | 0;
  state[2] = (c + (state[2] as number)) | 0;
  state[3] = (d + (state[3] as number)) | 0;
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
