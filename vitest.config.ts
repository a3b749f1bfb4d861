import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that mostly wait for processes of their own; they begin first, so that nothing long is left for the end. */
const LONG = [
  'test/chaos/',
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

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'data/**'],
    pool: 'forks',
    // Most tests wait for sockets, disks and other processes: more files than cores keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // A limit for what hangs, not for what is slow: CI's two cores run three files at a time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
