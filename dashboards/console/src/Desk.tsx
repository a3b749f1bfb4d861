/** The duty desk: open alerts on the left, the map in the middle, what is selected on the right. */
import { useEffect, useMemo, useState } from 'react';
import { AlertDetail } from './AlertDetail.tsx';
import { AlertList } from './AlertList.tsx';
import type { Me } from './api.ts';
import { GridMap } from './GridMap.tsx';
import { GridTable } from './GridTable.tsx';
import { Header } from './Header.tsx';
import { openAlerts } from './levels.ts';
import { PointDetail } from './PointDetail.tsx';
import type { State } from './store.ts';
import { followStream } from './stream.ts';

export type Selection = { readonly kind: 'alert' | 'point'; readonly id: string } | null;

type Props = { readonly state: State; readonly me: Me; readonly switchLang: () => void };

export function Desk({ state, me, switchLang }: Props) {
  const [selection, select] = useState<Selection>(null);
  const open = useMemo(() => openAlerts(state.alerts.values()), [state.alerts]);
  useEffect(() => followStream(), []);
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape') select(null);
    };
    addEventListener('keydown', leave);
    return () => removeEventListener('keydown', leave);
  }, []);

  const alert = selection?.kind === 'alert' ? state.alerts.get(selection.id) : undefined;
  const point = selection?.kind === 'point' ? state.points.get(selection.id) : undefined;
  const back = () => select(null);
  return (
    <div className="desk">
      <Header state={state} me={me} open={open} switchLang={switchLang} />
      <div className="columns">
        <AlertList alerts={open} loaded={state.loaded} zone={me.county.zone} selection={selection} select={select} />
        <GridMap state={state} open={open} selection={selection} select={select} />
        <aside className="side">
          {alert !== undefined && (
            <AlertDetail key={alert.id} alert={alert} state={state} zone={me.county.zone} back={back} />
          )}
          {point !== undefined && (
            <PointDetail key={point.id} point={point} state={state} zone={me.county.zone} open={open} select={select} />
          )}
          {alert === undefined && point === undefined && <GridTable grids={state.grids} open={open} />}
        </aside>
      </div>
    </div>
  );
}
