/** The bar that is always there: county, time of the chain, connection, who is signed in; and what must be shouted. */
import { useEffect, useState } from 'react';
import type { Origin } from '#model/reading.ts';
import type { AlertJson, Me } from './api.ts';
import { Beacon } from './Beacon.tsx';
import { dateText, timeText } from './format.ts';
import { useLang, useText } from './language.ts';
import { WORST_FIRST } from './levels.ts';
import { chainNowMs, type State, signOut } from './store.ts';
import { BANNER_TAIL, BANNER_TAIL_MIXED, disconnected, LEVEL_LABEL, ORIGIN_BANNER } from './texts.ts';

type Props = {
  readonly state: State;
  readonly me: Me;
  readonly open: readonly AlertJson[];
  readonly switchLang: () => void;
};

function useTick(everyMs: number): void {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}

const notLive = (origin: Origin): origin is Exclude<Origin, 'live'> => origin !== 'live';

function Banner({ origins: all }: { readonly origins: readonly Origin[] }) {
  const { s } = useText();
  const origins = all.filter(notLive);
  if (origins.length === 0) return null;
  return (
    <div className="banner" role="note">
      <strong>{origins.map((origin) => s(ORIGIN_BANNER[origin])).join(' / ')}</strong>
      <span>{s(origins.length < all.length ? BANNER_TAIL_MIXED : BANNER_TAIL)}</span>
    </div>
  );
}

function Clock({ state, zone }: { readonly state: State; readonly zone: string }) {
  useTick(500);
  const lang = useLang();
  const nowMs = chainNowMs(state.clock);
  return (
    <time className="clock" dateTime={new Date(nowMs).toISOString()}>
      <span>{dateText(nowMs, zone, lang)}</span>
      <b>{timeText(nowMs, zone)}</b>
      {state.clock.rate !== 1 && <em>×{state.clock.rate}</em>}
    </time>
  );
}

function Connection({ state }: { readonly state: State }) {
  useTick(1_000);
  const { t, s } = useText();
  if (state.downSinceMs === null)
    return (
      <span className={`link ${state.loaded ? 'up' : 'trying'}`} role="status">
        <i aria-hidden="true" />
        {t(state.loaded ? 'live' : 'connecting')}
      </span>
    );
  const seconds = Math.max(1, Math.round((Date.now() - state.downSinceMs) / 1_000));
  return (
    <span className="link down" role="alert">
      <i aria-hidden="true" />
      {s(disconnected(seconds))}
    </span>
  );
}

export function Header({ state, me, open, switchLang }: Props) {
  const { t, s } = useText();
  const lang = useLang();
  const origins = [...new Set([...me.origins, ...open.map((alert) => alert.origin)])];
  return (
    <>
      <header className="bar">
        <Beacon size={30} />
        <h1>
          {s(me.county.name)}
          <small>{t('title')}</small>
        </h1>
        <ul className="counts" aria-label={t('openAlerts')}>
          {WORST_FIRST.map((level) => {
            const count = open.filter((alert) => alert.level === level).length;
            return (
              <li key={level} className={`count ${level} ${count === 0 ? 'zero' : ''}`}>
                {s(LEVEL_LABEL[level])} <b>{count}</b>
              </li>
            );
          })}
        </ul>
        <a className="work-link" href="#/work">
          {t('workDesk')}
        </a>
        <span className="spring" />
        <Connection state={state} />
        <Clock state={state} zone={me.county.zone} />
        <span className="who" title={me.posts.map((post) => post.gridName?.[lang] ?? post.gridCode).join('，')}>
          {me.name}
        </span>
        <button type="button" onClick={switchLang} data-test="lang">
          {lang === 'zh' ? 'English' : '中文'}
        </button>
        <button type="button" onClick={signOut}>
          {t('signOut')}
        </button>
      </header>
      <Banner origins={origins} />
    </>
  );
}
