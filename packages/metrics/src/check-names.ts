/**
 * Refuses options that are not a plain object, or have an unknown name: a misspelt option would silently get its
 * default.
 *
 * @param caller for the message
 * @throws {TypeError}
 */
export function checkNames(caller: string, options: object, names: readonly string[]): void {
  const prototype: unknown =
    typeof options === 'object' && options !== null ? Object.getPrototypeOf(options) : undefined;
  if (prototype === undefined || (prototype !== null && Object.getPrototypeOf(prototype) !== null))
    throw new TypeError(`${caller}: the options must be an object with ${names.join(', ')}, no instance of a class`);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TypeError(`${caller}: there is no option "${unknown}"; there are ${names.join(', ')}`);
}
