drop table adiuva.backups;
