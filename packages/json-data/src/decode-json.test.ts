import { describe, expect, it } from 'vitest';
import { decodeJson } from './decode-json.ts';

const decode = (text: string): object => decodeJson(text, 10_000, (why) => new Error(why));

/** Each way to write a letter of a key as an escape, and none. */
function spellings(key: string): readonly string[] {
  const escaped = Array.from(key, (letter, at) => {
    const code = letter.charCodeAt(0).toString(16).padStart(4, '0');
    return `${key.slice(0, at)}\\u${at % 2 === 0 ? code : code.toUpperCase()}${key.slice(at + 1)}`;
  });
  return [key, ...escaped];
}

describe('JSON text', () => {
  it.each(['__proto__', 'constructor', 'prototype'])('loses an object under %s, however it is spelled', (key) => {
    for (const spelling of spellings(key)) {
      const decoded = decode(`{"kept":[{"${spelling}":{"polluted":true}}],"${spelling}":{"polluted":true}}`);
      expect([spelling, decoded]).toEqual([spelling, { kept: [{}] }]);
      for (const each of [decoded, (decoded as { kept: [object] }).kept[0]]) {
        expect([spelling, Reflect.ownKeys(each)]).toEqual([spelling, each === decoded ? ['kept'] : []]);
        expect(Object.getPrototypeOf(each)).toBe(Object.prototype);
      }
    }
  });
});
