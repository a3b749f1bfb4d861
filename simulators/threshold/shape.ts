/** The courses of a hazard that a scenario can play; each knows its value at a time since the begin. */
import { type StagedCreep, stagedCreepAt } from './creep.ts';
import { type StepSlide, stepSlideAt } from './step-slide.ts';
import { type Table, tableAt } from './table.ts';

export type Shape =
  | StagedCreep
  | StepSlide
  | { readonly kind: 'table'; readonly table: Table; readonly base: number; readonly how: 'linear' | 'hold' };

/** Null: the device is gone. */
export function shapeAt(shape: Shape, tMs: number): number | null {
  switch (shape.kind) {
    case 'stagedCreep':
      return stagedCreepAt(shape, tMs);
    case 'stepSlide':
      return stepSlideAt(shape, tMs);
    case 'table':
      return shape.base + tableAt(shape.table, tMs, shape.how);
    default:
      return shape satisfies never;
  }
}
