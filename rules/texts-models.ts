/** Sentences about the figures of hazard models. */
import { UNIT_TEXT } from '#model/quantity.ts';
import type { FigureUnit } from '#model/rule-set.ts';
import type { Text } from '#model/text.ts';
import type { RuleDef } from './state.ts';

/** `84.9 °`, `12 h`: a figure in steps with its unit, without zeros that say nothing. */
export function sayFigure({ unit, decimals }: FigureUnit, steps: number): string {
  const number = (steps / 10 ** decimals).toFixed(decimals).replace(/(\.\d+?)0+$/, '$1');
  const shown = UNIT_TEXT[unit] ?? unit;
  return shown === '' ? number : `${number} ${shown}`;
}

/** Of a rule that was edited: its model's last figure, without what it was made of. */
export function sayLastFigure({ measure, below }: RuleDef, value: number): Text {
  if (measure.kind !== 'model') return { zh: '', en: '' };
  const shown = sayFigure(measure.figure, below === true ? -value : value);
  return {
    zh: `${measure.figure.name.zh} ${shown}（规则修改前的最后结果）`,
    en: `${measure.figure.name.en} of ${shown} (the last before the rule was changed)`,
  };
}

export const sayDoubtOver = (found: Text): Text => ({
  zh: `数据不再存疑：${found.zh}`,
  en: `no longer doubted: ${found.en}`,
});
