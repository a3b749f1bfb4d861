/** Reports to the tier above and copies to departments (上报、抄告), each with a time limit that counts down. */

import type { ReportRule } from '#model/policy.ts';
import type { GridCode, PersonId } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

export type UpReport = {
  /** `alertId/rule/n`. */
  readonly id: string;
  readonly alertId: string;
  readonly rule: string;
  readonly name: Text;
  readonly kind: ReportRule['kind'];
  readonly gridCode: GridCode;
  /** The grid above, or a department. */
  readonly to: Text;
  /** 1 for the first, 2 and more for 续报. */
  readonly n: number;
  readonly startedAtMs: EpochMs;
  readonly dueAtMs: EpochMs;
  readonly state: 'due' | 'overdue' | 'done' | 'waived';
  readonly doneAtMs: EpochMs | null;
  readonly by: PersonId | null;
  readonly note: string;
  /** What it says, made from the alert, the calls and the evacuation as they stood when it was last looked at or made. */
  readonly contents?: Text;
};

export type ReportReader = {
  readonly list: (filter: {
    readonly gridCodes: readonly GridCode[];
    readonly alertId?: string;
    readonly open?: boolean;
  }) => readonly UpReport[];
  readonly get: (id: string) => UpReport | undefined;
};
