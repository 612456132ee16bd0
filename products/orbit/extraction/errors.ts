import { declareErrors } from 'plinth/product';

declareErrors({
  extraction_running: {
    status: 409,
    message: 'Other documents are being extracted into this scope. Wait until that has ended, or cancel it.',
  },
  extraction_ended: { status: 409, message: 'This extraction has ended: there is nothing left to cancel.' },
  analysis_ended: { status: 409, message: 'This analysis has ended: there is nothing left to cancel.' },
});
