import type { Measurement } from './cell.ts';

/**
 * Runs `inFlight` concurrent lanes for `milliseconds` and counts operations. Each lane starts its next operation when
 * its last one has settled. The same loop drives every contender.
 */
export async function drive(
  operate: (turn: number) => Promise<unknown>,
  inFlight: number,
  milliseconds: number,
): Promise<Measurement> {
  let turn = 0;
  let settled = 0;
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const end = begin + milliseconds;
  const lane = async (): Promise<void> => {
    // Reads the clock only every eighth operation, because the reading is measured as well.
    for (let round = 0; (round & 7) !== 0 || performance.now() < end; round += 1) {
      await operate(turn++);
      settled += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return measure(settled, begin, cpu);
}

export function measure(settled: number, begin: number, cpu: NodeJS.CpuUsage): Measurement {
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { operationsPerSecond: settled / seconds, cpuMicroseconds: (user + system) / settled };
}
