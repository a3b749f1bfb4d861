import { expect, test } from 'vitest';
import { createConflation } from './conflate.ts';

test('the first change of a point goes at once, the same value again waits for its second', () => {
  const conflation = createConflation(1_000, 25);
  expect(conflation.change('p', true, 0)).toBe(true);
  expect(conflation.change('p', false, 500)).toBe(false);
  expect(conflation.due(999)).toEqual([]);
  expect(conflation.due(1_000)).toEqual(['p']);
  expect(conflation.pending()).toBe(0);
});

test('a value that moved does not wait for the second, also when an unmoved one is held already', () => {
  const conflation = createConflation(1_000, 25);
  conflation.change('p', true, 0);
  conflation.change('p', false, 10);
  expect(conflation.change('p', true, 12)).toBe(false);
  expect(conflation.due(24)).toEqual([]);
  expect(conflation.due(25)).toEqual(['p']);
  expect(conflation.change('p', true, 60)).toBe(true);
});

test('what is held is never pushed back by more changes', () => {
  const conflation = createConflation(1_000, 25);
  conflation.change('p', true, 0);
  for (let atMs = 1; atMs < 25; atMs++) expect(conflation.change('p', true, atMs)).toBe(false);
  expect(conflation.due(25)).toEqual(['p']);
});

test('a message that only renewed the time does not hold back a value that moves right after it', () => {
  const conflation = createConflation(1_000, 25);
  conflation.change('p', true, 0);
  conflation.change('p', false, 500);
  expect(conflation.due(1_000)).toEqual(['p']);
  expect(conflation.change('p', true, 1_001)).toBe(true);
  expect(conflation.change('p', true, 1_002)).toBe(false);
  expect(conflation.due(1_026)).toEqual(['p']);
});
