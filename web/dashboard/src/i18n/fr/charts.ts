export const charts = {
  'chart.legend': 'Séries',
  'chart.asTable': 'Voir en tableau',
  'chart.csvOf': 'CSV : {title}',
  'chart.about': 'Qu’est-ce que « {title} » ?',
  'chart.needsDay': 'Il faut un jour de données',
  'chart.nothing': 'Rien à compter ces jours-là',
  'chart.span': 'Du {from} au {to}',
  'chart.seriesSummary': '{label} : de {least} à {most}, dernier {last}',
  'chart.unknown': '{label} : rien de connu',
  'chart.bin': 'de {from} à {to}',
  'chart.ofBefore': '{share} de l’étape d’avant',
  'chart.busiest': 'Maximum : {time}, {value}',
};
