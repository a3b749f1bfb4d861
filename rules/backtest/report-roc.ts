/** A sweep as a table and its ROC curve as SVG. */
import { escapeHtml } from './report-chart.ts';
import type { Sweep, SweepPoint } from './sweep.ts';

const SIDE = 300;
const MARGIN = 46;

export const shown = (value: number | null, digits = 2): string => (value === null ? '–' : value.toFixed(digits));

function curveOf(points: readonly SweepPoint[]): string {
  const at = points.flatMap(({ limit, skill: { falseTime, pod } }) =>
    falseTime === null || pod === null ? [] : [{ limit, x: MARGIN + falseTime * SIDE, y: 10 + (1 - pod) * SIDE }],
  );
  const line = [...at].sort((a, b) => a.x - b.x || b.y - a.y).map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`);
  const whole = [`${MARGIN},${10 + SIDE}`, ...line, `${MARGIN + SIDE},10`].join(' ');
  const dots = at.map(
    ({ limit, x, y }) =>
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3.5" class="dot"><title>${limit}</title></circle>`,
  );
  const label = 'ROC';
  return `<svg viewBox="0 0 ${MARGIN + SIDE + 16} ${SIDE + 56}" class="roc" role="img" aria-label="${label}">
<rect x="${MARGIN}" y="10" width="${SIDE}" height="${SIDE}" class="frame"/>
<line x1="${MARGIN}" y1="${10 + SIDE}" x2="${MARGIN + SIDE}" y2="10" class="grid"/>
<polyline points="${whole}" class="line"/>${dots.join('')}
<text x="${MARGIN}" y="${SIDE + 26}" class="tick">0</text><text x="${MARGIN + SIDE}" y="${SIDE + 26}" class="tick" text-anchor="end">1</text>
<text x="${MARGIN + SIDE / 2}" y="${SIDE + 44}" class="tick" text-anchor="middle">空报时间占比 part of calm time under a warning</text>
<text x="${MARGIN - 8}" y="20" class="tick" text-anchor="end">1</text><text x="14" y="${10 + SIDE / 2}" class="tick" text-anchor="middle" transform="rotate(-90 14 ${10 + SIDE / 2})">命中率 POD</text>
</svg>`;
}

export function sweepSection({ rule, level, points, area }: Sweep): string {
  const rows = points.map(
    ({ limit, skill }) =>
      `<tr><td>${limit}</td><td>${skill.hits ?? '–'}</td><td>${skill.misses ?? '–'}</td><td>${skill.falseAlarms ?? '–'}</td><td>${shown(skill.pod)}</td><td>${shown(skill.far)}</td><td>${shown(skill.csi)}</td><td>${shown(skill.alarmHours, 1)}</td><td>${shown(skill.falseTime, 4)}</td></tr>`,
  );
  return `<section><h2>阈值扫描 Sweep: ${escapeHtml(rule)}.${level}</h2>${area === null ? '' : `${curveOf(points)}<p>曲线下面积 area under the curve: ${area.toFixed(3)}</p>`}
<table><thead><tr><th>阈值 limit</th><th>命中 hits</th><th>漏报 misses</th><th>空报 false alarms</th><th>POD</th><th>FAR</th><th>CSI</th><th>预警小时 alarm hours</th><th>空报时间 false time</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}
