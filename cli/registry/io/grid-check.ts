/**
 * `fengsui grid check`: whether everybody has his place: grids that divide the county without remainder, posts that
 * somebody holds, points in a grid, households with a caller, desks without a gap.
 */
import { inspectCounty } from '#cli/load/io/read-county.ts';
import { formatArea } from '#cli/registry/metres.ts';
import { checkPartition, type PartitionFinding, type PartitionReport } from '#cli/registry/partition.ts';
import { formatLint, type Lint } from '#model/result.ts';

/** What the loader finds and this command is asked for; errors of every other kind are told as well. */
const KINDS: ReadonlySet<string> = new Set([
  ...['overlap', 'gap', 'outside', 'crossing', 'undrawn', 'unmeasured', 'open-ring', 'cover'],
  ...[
    'vacant-post',
    'post-out-of-force',
    'no-caller',
    'duty-gap',
    'capacity',
    'wrong-way',
    'validity',
    'prefix',
    'tier',
  ],
]);

type Told = { readonly lint: Lint; readonly partition?: PartitionFinding };

export type GridCheck = {
  readonly told: readonly Told[];
  readonly partition: PartitionReport;
  readonly looked: { readonly [what: string]: number };
};

export function gridCheck(county: string, nowMs: number, toleranceM2: number): GridCheck {
  let partition: PartitionReport = {
    findings: [],
    slivers: { count: 0, areaM2: 0 },
    looked: { parents: 0, children: 0, exact: 0 },
  };
  const byMessage = new Map<string, PartitionFinding>();
  const { lints, looked } = inspectCounty(county, nowMs, undefined, (inForce) => {
    partition = checkPartition(inForce, toleranceM2);
    return partition.findings.map((found) => {
      byMessage.set(found.message, found);
      const { kind, message, mend } = found;
      return { code: found.codes[0], finding: { kind, message, mend, severity: 'warning' } };
    });
  });
  const told = lints
    .filter(({ kind, severity }) => severity === 'error' || KINDS.has(kind))
    .map((lint): Told => {
      const found = byMessage.get(lint.message);
      return found === undefined ? { lint } : { lint, partition: found };
    });
  const { grids = 0, people = 0, desks = 0, points = 0 } = looked;
  return { told, partition, looked: { grids, people, desks, points } };
}

const asJson = ({ lint, partition }: Told) => ({
  ...lint,
  ...(partition && {
    codes: partition.codes,
    areaM2: Math.round(partition.areaM2),
    lon: partition.lon,
    lat: partition.lat,
  }),
});

/** Prints it; the exit code is 1 when there is a finding. */
export function printGridCheck(
  county: string,
  options: { readonly json: boolean; readonly toleranceM2: number },
): number {
  const { told, partition, looked } = gridCheck(county, Date.now(), options.toleranceM2);
  const { slivers } = partition;
  if (options.json) {
    const { parents, children } = partition.looked;
    const summary = { toleranceM2: options.toleranceM2, slivers, looked: { ...looked, parents, children } };
    console.log(JSON.stringify({ findings: told.map(asJson), ...summary }));
  } else {
    for (const { lint } of told) console.log(formatLint(lint));
    const counts = Object.entries(looked).map(([what, count]) => `${count} ${what}`);
    console.log(
      `Looked at ${counts.join(', ')}; ${partition.looked.children} boundaries below ${partition.looked.parents} parents: ${told.length} findings.`,
    );
    if (slivers.count > 0)
      console.log(
        `Left out: ${slivers.count} slivers of at most ${formatArea(options.toleranceM2)}, together ${formatArea(slivers.areaM2)} (--tolerance).`,
      );
  }
  return told.length > 0 ? 1 : 0;
}
