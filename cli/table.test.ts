import { describe, expect, it } from 'vitest';
import { displayWidth, formatTable, padToWidth } from './table.ts';

describe('a table on a terminal', () => {
  it.each([
    ['rain', 4],
    ['雨量计', 6],
    ['8 路继电器（微雪）', 18],
    ['°C', 2],
    ['', 0],
    ['é', 1],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });

  it('lines up columns behind Chinese and Latin names alike', () => {
    const lines = formatTable(
      ['id', 'name', 'n'],
      [
        ['a', '雷达水位计', '1'],
        ['bb', 'radar', '12'],
      ],
    ).split('\n');
    const at = (line: string, mark: string) => displayWidth(line.slice(0, line.lastIndexOf(mark)));
    expect(at(lines[1] ?? '', '1')).toBe(at(lines[2] ?? '', '12'));
    expect(lines.every((line) => !line.endsWith(' '))).toBe(true);
    expect(padToWidth('雨', 4)).toBe('雨  ');
  });
});
