/** Checks of values on the command line. */
import { InvalidArgumentError } from 'commander';

export function atLeastOne(given: string): number {
  if (/^\d{1,7}$/.test(given) && Number(given) >= 1) return Number(given);
  throw new InvalidArgumentError('Expected a whole number from 1.');
}

export function positive(given: string): number {
  if (/^\d{1,5}(\.\d+)?$/.test(given) && Number(given) >= 0.1) return Number(given);
  throw new InvalidArgumentError('Expected a number, at least 0.1.');
}

export function portNumber(given: string): number {
  if (/^\d{1,5}$/.test(given) && Number(given) >= 1 && Number(given) <= 65_535) return Number(given);
  throw new InvalidArgumentError('Expected a port, 1 to 65535.');
}

/** The range that AWS accepts between two batches. */
export function minutesOfAws(given: string): number {
  if (/^\d{1,2}$/.test(given) && Number(given) >= 2 && Number(given) <= 30) return Number(given);
  throw new InvalidArgumentError('Expected minutes, 2 to 30.');
}
