import { expect, it } from 'vitest';
import type { Alert, AlertEvent } from '#model/alert.ts';
import { alertLine } from './alert-lines.ts';

const CLOSED_MS = Date.UTC(2026, 5, 1);
const alert: Pick<Alert, 'subject' | 'hazard' | 'origin' | 'gridCode' | 'closedAtMs'> = {
  subject: { kind: 'point', id: 'p1' },
  hazard: 'landslide',
  origin: 'live',
  gridCode: '-',
  closedAtMs: CLOSED_MS,
};
const said = (kind: AlertEvent['kind'], atMs: number): AlertEvent => ({
  ...{ seq: 1, alertId: 'a1', kind, atMs, by: 'rules', facts: {}, hash: '' },
  text: { zh: '晚到', en: 'late' },
});
const lineOf = (kind: AlertEvent['kind'], atMs: number) =>
  alertLine(said(kind, atMs), alert, 'red', { grids: new Map() });

it('shows a closed alert as closed, whatever is found out about it afterwards', () => {
  expect(lineOf('raised', CLOSED_MS - 60_000)).toContain(',open=1i,');
  expect(lineOf('closed', CLOSED_MS)).toContain(',open=0i,');
  expect(lineOf('lateFinding', CLOSED_MS + 60_000)).toContain(',open=0i,');
});
