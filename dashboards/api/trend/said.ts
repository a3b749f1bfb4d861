/** What is not said, and why. */
import type { NotSaid } from '#model/trend.ts';

export const notSaid = (zh: string, en: string): NotSaid => ({ said: false, why: { zh, en } });
