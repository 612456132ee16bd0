import { declareErrors } from 'plinth/product';

declareErrors({
  export_too_large: {
    status: 422,
    message: 'No file can be made of this scope: it has too much text or too many rows.',
  },
});
