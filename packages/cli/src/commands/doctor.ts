/** `sess doctor`: what is wrong with a cluster, why, and what to do. */
import { observe } from '../cluster/observed-cluster.ts';
import { nodeReports } from '../cluster/node-report.ts';
import { DONE, NO } from '../exit-codes.ts';
import { plural } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import { Progress } from '../output/progress.ts';
import { examineCluster } from './doctor-cluster.ts';
import { examineNodes } from './doctor-nodes.ts';
import { examineRings } from './doctor-rings.ts';
import { examineZones } from './doctor-zones.ts';
import type { Finding } from './finding.ts';
import type { CommandContext } from './command-context.ts';

export async function doctor({ output, settings, streams }: CommandContext): Promise<number> {
  const asked = settings();
  const observed = await observe(asked);
  const progress = new Progress(output.progressStream);
  try {
    const reports = await nodeReports(observed, asked);
    const findings = [
      ...(await examineCluster(observed, reports)),
      ...(await examineRings(observed, streams.signal, (text) => progress.say(text))),
      ...examineZones(observed),
      ...(await examineNodes(observed, reports)),
    ];
    progress.end();
    output.data({ nodes: reports.length, findings }, () => findingsText(findings, reports.length, output));
    return findings.some(({ level }) => level === 'error') ? NO : DONE;
  } finally {
    progress.end();
    await observed.close();
  }
}

function findingsText(findings: readonly Finding[], nodes: number, output: Output): string {
  if (findings.length === 0) return `${plural(nodes, 'node')} looked at: nothing is wrong.`;
  // Errors first; each kind in the order of the checks.
  const sorted = findings.toSorted((one, other) => Number(other.level === 'error') - Number(one.level === 'error'));
  return sorted
    .map(({ level, subject, what, why, advice }) =>
      [
        `${output.paint(level === 'error' ? 'red' : 'yellow', level)}  ${subject}: ${what}`,
        `       why: ${why}`,
        `       do:  ${advice}`,
      ].join('\n'),
    )
    .join('\n\n');
}
