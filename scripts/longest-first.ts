import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, also where none has run yet: one of them at the end would keep the others' cores idle. */
const LONGEST =
  /\/(ledger|simulation-\d|lab-\w+|transports-\w+|session-stores|session-libraries|session-cookie|guides|stampede|drain|rereplication-departed)\.test\.ts$/;

/**
 * Vitest's own order, which keeps the files of a project together, with the longest of each project before the others.
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
