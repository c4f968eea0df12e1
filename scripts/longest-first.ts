import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The slowest files, named here because vitest may not have run them yet. At the end, one of them would leave cores
 * idle.
 */
const LONGEST =
  /\/(ledger|simulation-\d|lab-\w+|transports-\w+|session-stores|session-libraries|session-cookie|guides|stampede|drain|rereplication-departed)\.test\.ts$/;

/**
 * Vitest's own order, which keeps the files of a project together, but with the slowest files of each project first.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own method: no array is sorted in place.
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((project) => {
      const own = sorted.filter((specification) => specification.project === project);
      return [...own.filter(isLong), ...own.filter((specification) => !isLong(specification))];
    });
  }
}

function isLong({ moduleId }: TestSpecification): boolean {
  return LONGEST.test(moduleId);
}
