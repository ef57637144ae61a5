import { describe, expect, it } from 'vitest';
import { apiQuery, readBehind, readView, writeBehind } from './address';
import { datesOf, isDate } from './range';

const TODAY = '2026-03-05';

describe('ranges', () => {
  it('include both days', () => {
    expect(datesOf('today', TODAY)).toEqual({ from: TODAY, to: TODAY });
    expect(datesOf('7', TODAY)).toEqual({ from: '2026-02-27', to: TODAY });
    expect(datesOf('30', TODAY)).toEqual({ from: '2026-02-04', to: TODAY });
    expect(datesOf('month', TODAY)).toEqual({ from: '2026-03-01', to: TODAY });
    expect(datesOf('last_month', TODAY)).toEqual({ from: '2026-02-01', to: '2026-02-28' });
    expect(datesOf('last_month', '2026-01-31').from).toBe('2025-12-01');
  });

  it('know the days of the calendar', () => {
    expect(['2026-02-28', '2026-02-30', '2026-2-3', 'x'].map(isDate)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('the address', () => {
  it('shows thirty days against those before, unless it says otherwise', () => {
    const view = readView('', TODAY);
    expect([view.range, view.compare, view.grain]).toEqual(['30', 'previous', '']);
    expect(apiQuery('overview', view)).toEqual({
      from: '2026-02-04',
      to: TODAY,
      compare: 'previous',
    });
  });

  it('takes two dates before a name, and nonsense for nothing', () => {
    const custom = readView('?range=7&from=2026-01-01&to=2026-01-09&compare=off', TODAY);
    expect(apiQuery('overview', custom)).toEqual({ from: '2026-01-01', to: '2026-01-09' });
    expect(readView('?from=2026-01-09&to=2026-01-01', TODAY).range).toBe('30');
    expect(readView('?range=custom&grain=hour', TODAY)).toMatchObject({ range: '30', grain: '' });
  });

  it('sends each page only the filters that it has', () => {
    const view = readView('?range=today&compare=off&channel_id=c&user_id=u&pipeline_id=p', TODAY);
    const filtersOf = (page: Parameters<typeof apiQuery>[0]) => {
      const sent = Object.entries(apiQuery(page, view));
      return Object.fromEntries(sent.filter(([name]) => name !== 'from' && name !== 'to'));
    };
    expect(filtersOf('overview')).toEqual({ channel_id: 'c', user_id: 'u' });
    expect(filtersOf('sales')).toEqual({ user_id: 'u', pipeline_id: 'p' });
    expect(filtersOf('usage')).toEqual({});
  });

  it('says what is behind a number, and reads it again', () => {
    const behind = {
      metric: 'conversations',
      items: 'conversations',
      filter: { outcome: 'bot', from: '2026-03-01' },
    };
    expect(readBehind(writeBehind(behind))).toEqual(behind);
    expect(readBehind('automation_rate.conversations')?.filter).toEqual({});
    expect(readBehind('../../secrets.conversations')).toBeNull();
    expect(readBehind('automation_rate.users')).toBeNull();
  });
});
