/** Rows of the edge: how much of a paced line it uses, what dead units cost, and what a thousand sensors take. */
import { fork } from 'node:child_process';
import type { BoxCounts } from '#test/bench/edge-box.ts';
import { type LinesPlan, messageOf, pause, serveLines, startBox } from '#test/bench/edge-rig.ts';
import { withRig } from '#test/bench/rig.ts';
import type { BenchRow } from '#test/bench/row.ts';

const WARM_UP_MS = 2_500;
const WINDOW_MS = 10_000;
const TURNAROUND_MS = 5;
const REQUEST_AND_REPLY_BYTES = 8 + 9;
const MINUTE_MS = 60_000;
/** Three polls of each dead unit, and the first of its probes. */
const UNTIL_KNOWN_MS = 50_000;

/** Polls a second that strict framing allows: request and reply, 3.5 characters or 1.75 ms after each, the turnaround. */
export function idealPollsPerS(baudRate: number): number {
  const characterMs = 10_000 / baudRate;
  const gapMs = baudRate > 19_200 ? 1.75 : 3.5 * characterMs;
  return 1_000 / (REQUEST_AND_REPLY_BYTES * characterMs + 2 * gapMs + TURNAROUND_MS);
}

const oneLine = (baudRate: number): LinesPlan => ({
  lines: 1,
  unitsPerLine: 32,
  sensorsPerUnit: 1,
  baudRate,
  turnaroundMs: TURNAROUND_MS,
  pollMs: 20,
});

const okPolls = ({ counts }: BoxCounts): number =>
  Object.entries(counts).reduce(
    (sum, [name, count]) => (/^fengsui_edge_polls_total .* ok$/.test(name) ? sum + count : sum),
    0,
  );

async function pollsPerS(look: () => Promise<BoxCounts>, windowMs: number): Promise<number> {
  const before = await look();
  await pause(windowMs);
  const after = await look();
  return ((okPolls(after) - okPolls(before)) * 1_000) / (after.atMs - before.atMs);
}

const utilisation = (baudRate: number): Promise<number> =>
  withRig(async (rig) => {
    const plan = oneLine(baudRate);
    const { paths } = await serveLines(rig, plan);
    const { look } = await startBox(rig, plan, paths);
    await pause(WARM_UP_MS);
    return (await pollsPerS(look, WINDOW_MS)) / idealPollsPerS(baudRate);
  });

/**
 * `modbus-serial` on the same line. It keeps no gap between an answer and the next request, so that more than the
 * whole of a line that is framed strictly is possible for it.
 */
const peerUtilisation = (baudRate: number): Promise<number> =>
  withRig(async (rig) => {
    const { paths } = await serveLines(rig, oneLine(baudRate));
    const args = [paths[0] ?? '', String(baudRate), String(WINDOW_MS / 2)];
    const peer = fork(new URL('./edge-peer.ts', import.meta.url), args);
    rig.children.push(peer);
    const told = await messageOf<{ readonly pollsPerS: number }>(peer, 'the peer');
    return told.pollsPerS / idealPollsPerS(baudRate);
  });

/** The rate of the living with eight dead ÷ their rate with none dead, from the moment when the dead are known. */
const liveRate = (): Promise<number> =>
  withRig(async (rig) => {
    const plan = oneLine(9_600);
    const { paths, silence } = await serveLines(rig, plan);
    const { look } = await startBox(rig, plan, paths);
    await pause(WARM_UP_MS);
    const allLive = await pollsPerS(look, WINDOW_MS);
    silence([4, 8, 12, 16, 20, 24, 28, 32]);
    await pause(UNTIL_KNOWN_MS);
    const live = await pollsPerS(look, 2 * WINDOW_MS);
    return live / 24 / (allLive / 32);
  });

/** 1,000 sensors at one minute: eight lines of 25 units with five sensors. */
const THOUSAND: LinesPlan = {
  lines: 8,
  unitsPerLine: 25,
  sensorsPerUnit: 5,
  baudRate: 9_600,
  turnaroundMs: TURNAROUND_MS,
  pollMs: MINUTE_MS,
};

type Load = { readonly cpuRatio: number; readonly rssMb: number };
let measured: Promise<Load> | undefined;

/** One whole minute after the first cycle, so that it holds exactly one cycle of every line. */
function thousandSensors(): Promise<Load> {
  measured ??= withRig(async (rig) => {
    const { paths } = await serveLines(rig, THOUSAND);
    const { look, acked } = await startBox(rig, THOUSAND, paths);
    await pause(10_000);
    const before = await look();
    await pause(MINUTE_MS);
    const after = await look();
    if (okPolls(after) - okPolls(before) < 200) throw new Error('a minute did not hold a whole cycle of all lines');
    if (acked() < 16) throw new Error('the batches did not reach the centre');
    return { cpuRatio: (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs), rssMb: after.rssMb };
  });
  return measured;
}

export const rows: readonly BenchRow[] = [
  {
    name: 'edge.bus.9600.utilisation',
    unit: 'of the line',
    budget: 0.95,
    better: 'higher',
    run: () => utilisation(9_600),
  },
  {
    name: 'edge.bus.115200.utilisation',
    unit: 'of the line',
    budget: 0.95,
    better: 'higher',
    run: () => utilisation(115_200),
  },
  {
    name: 'edge.bus.peer.9600.utilisation',
    unit: 'of the line',
    budget: null,
    better: 'higher',
    run: () => peerUtilisation(9_600),
  },
  {
    name: 'edge.bus.peer.115200.utilisation',
    unit: 'of the line',
    budget: null,
    better: 'higher',
    run: () => peerUtilisation(115_200),
  },
  { name: 'edge.bus.dead8.live_rate', unit: 'of its rate', budget: 0.9, better: 'higher', run: liveRate },
  { name: 'edge.rss_mb', unit: 'MB', budget: 100, better: 'lower', run: async () => (await thousandSensors()).rssMb },
  {
    name: 'edge.cpu.ratio',
    unit: 'of a core',
    budget: 0.1,
    better: 'lower',
    run: async () => (await thousandSensors()).cpuRatio,
  },
];
