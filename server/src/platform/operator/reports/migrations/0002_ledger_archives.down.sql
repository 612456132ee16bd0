drop table reports.ledger_archives;
