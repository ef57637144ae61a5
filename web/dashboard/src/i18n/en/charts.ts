/** What every chart has. */
export const charts = {
  'chart.legend': 'Series',
  'chart.asTable': 'View as table',
  'chart.csvOf': 'CSV: {title}',
  'chart.about': 'What is “{title}”?',
  'chart.needsDay': 'Needs 1 day of data',
  'chart.nothing': 'Nothing to count in these days',
  'chart.span': '{from} to {to}',
  'chart.seriesSummary': '{label}: {least} to {most}, last {last}',
  'chart.unknown': '{label}: nothing known',
  'chart.bin': '{from} to {to}',
  'chart.ofBefore': '{share} of the step before',
  'chart.busiest': 'Most: {time}, {value}',
} as const;
