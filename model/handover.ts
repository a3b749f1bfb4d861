/** The hand-over of a duty desk (交接班): one row for each shift that begins, with the note of whoever goes and of whoever comes. */
import type { GridCode, PersonId } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';

type Note = { readonly by: PersonId; readonly atMs: EpochMs; readonly note: string };

export type Handover = {
  readonly gridCode: GridCode;
  /** The shift that takes over. */
  readonly shiftFromMs: EpochMs;
  readonly shiftToMs: EpochMs;
  readonly a: PersonId;
  readonly b: PersonId | null;
  readonly handedOver: (Note & { readonly openAlerts: readonly string[] }) | null;
  readonly takenOver: Note | null;
  /** When the time within which somebody should have taken over was up, and nobody had. */
  readonly overdueAtMs: EpochMs | null;
};

export type HandoverReader = {
  /** Of one desk, the newest shift first. */
  readonly ofGrid: (gridCode: GridCode, limit: number) => readonly Handover[];
  readonly get: (gridCode: GridCode, shiftFromMs: EpochMs) => Handover | undefined;
};
