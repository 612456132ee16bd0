drop table coditect.memory_files;
