import { pageTexts } from '../../text/index.ts';

export const texts = pageTexts({
  about: [
    'Who is about to need a larger plan: whom limits denied, the most first.',
    'Wer bald einen größeren Tarif braucht: wen Limits abgelehnt haben, die meisten zuerst.',
  ],
  byDay: ['Denied by day', 'Abgelehnt nach Tag'],
  by: ['Added up by', 'Zusammengezählt nach'],
  'by.account': ['By customer', 'Nach Kunden'],
  'by.limit': ['By limit and plan', 'Nach Limit und Tarif'],
  of: ['{limit} of {plan}', '{limit} von {plan}'],
  around: ['In the hour of {at}', 'In der Stunde von {at}'],
  empty: [
    'No limit denied a call in this time. Denials show which customers have outgrown their plan: choose a longer time to look back.',
    'Kein Limit hat in dieser Zeit einen Aufruf abgelehnt. Ablehnungen zeigen, welchem Kunden sein Tarif zu klein ist: Wähle eine längere Zeit.',
  ],
  customer: ['Customer', 'Kunde'],
  limit: ['Limit', 'Limit'],
  plan: ['Plan', 'Tarif'],
  size: ['Size', 'Größe'],
  denied: ['Denied', 'Abgelehnt'],
  hours: ['In hours', 'In Stunden'],
  customers: ['Customers', 'Kunden'],
  last: ['Last', 'Zuletzt'],
  next: ['Next larger plan', 'Nächstgrößerer Tarif'],
});
