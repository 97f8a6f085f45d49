/*
 * The modes in which lo_open opens a large object and lo_creat makes one.
 */
#ifndef LIBPQ_FS_H
#define LIBPQ_FS_H

#define INV_WRITE 0x00020000
#define INV_READ 0x00040000

#endif /* LIBPQ_FS_H */
