import { declareTags } from 'plinth/product';

declareTags({
  'Coditect licences': 'Licences of programs: keys, files, machines, and the keys that sign them.',
  'Coditect seats': 'Seats that machines take, keep and give back.',
});
