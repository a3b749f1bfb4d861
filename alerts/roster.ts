/** The duty roster as the stage asks it; its rules are everybody's. */
export { nextShift, type OnDuty, onDuty, type RosterGap, rosterGaps } from '#model/roster.ts';
