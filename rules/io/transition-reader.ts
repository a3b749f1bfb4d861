/** The log of transitions, as alerts read it. */
import { join } from 'node:path';
import { openLogReader } from '#model/io/append-log.ts';
import type { LogReader } from '#model/journal.ts';
import type { Finding } from '#model/transition.ts';

export const rulesFile = (dataDir: string): string => join(dataDir, 'rules', 'rules.sqlite');

export const openTransitionReader = (dataDir: string): LogReader<Finding> => openLogReader(rulesFile(dataDir));
