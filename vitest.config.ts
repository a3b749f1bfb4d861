import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that mostly wait for processes of their own; they begin first, so that nothing long is left for the end. */
const LONG = [
  'test/e2e/edge-alarm',
  'test/e2e/up.',
  'test/console/page.',
  'test/e2e/edit.',
  'test/e2e/watch.',
  'test/edge/local',
  'test/edge/bus-values.',
  'test/edge/care.',
  'test/devices/commission.',
  'test/edge/stop.',
  'test/edge/power.',
  'test/ingest/native-kill.',
  'test/history/backup-story.',
  'test/history/query-up.',
  'test/node-red/locked.',
  'test/node-red/flows.',
];
const rank = (file: TestSpecification): number => {
  const place = LONG.findIndex((part) => file.moduleId.includes(part));
  return place < 0 ? LONG.length : place;
};

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Functions of what they are given: nothing that one file leaves behind can reach the next one in the same process. */
const PURE = [
  'alerts/**/*.test.ts',
  'cli/*.test.ts',
  'cli/load/*.test.ts',
  'dashboards/**/*.test.ts',
  'edge/**/*.test.ts',
  'ingest/*.test.ts',
  'ingest/decoders/*.test.ts',
  'ingest/influx/**/*.test.ts',
  'model/**/*.test.ts',
  'rules/**/*.test.ts',
  'simulators/**/*.test.ts',
  'test/{rules,targeting,trend,warnings,life,sl651}/**/*.test.ts',
];
const NEVER = ['**/node_modules/**', '**/dist/**', 'data/**'];

export default defineConfig({
  test: {
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // A limit for what hangs, not for what is slow: CI's two cores run four files at a time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          // First, and beside nothing that takes its time: its books are of processes that are killed, not of a machine that starves them.
          name: 'chaos',
          include: ['test/chaos/**/*.test.ts'],
          exclude: NEVER,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'all',
          include: ['**/*.test.ts'],
          exclude: [...NEVER, ...PURE, 'test/chaos/**'],
          // Most tests wait for sockets, disks and other processes: more files than cores keep two cores busy.
          maxWorkers: 4,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          // A process takes one file after the other: starting one costs more than most of these take.
          name: 'pure',
          include: PURE,
          exclude: NEVER,
          isolate: false,
          setupFiles: ['test/support/behind.ts'],
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
