import { declareErrors } from 'plinth/product';

declareErrors({
  export_not_found: {
    status: 404,
    message: 'There is no such export. They are kept for seven days after they were last asked for.',
  },
});
