/**
 * The class that Buffers are made of, by the name under which JavaScript itself finds it when it slices one: three
 * times as fast as `subarray`, which asks for the underlying memory anew each time.
 */
export const BufferView: new (memory: ArrayBufferLike, offset: number, length: number) => Buffer = (
  Buffer as unknown as {
    readonly [Symbol.species]: new (memory: ArrayBufferLike, offset: number, length: number) => Buffer;
  }
)[Symbol.species];
