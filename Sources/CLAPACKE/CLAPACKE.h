// LAPACKE and CBLAS, from Debian's liblapacke-dev and libopenblas-serial-dev.
//
// cblas.h is the alternative that Debian links at /usr/include/<triplet>/cblas.h. liblapacke.so.3 in
// turn loads liblapack.so.3 and libblas.so.3, which the serial OpenBLAS package also provides.
#ifndef TANDEM_CLAPACKE_H
#define TANDEM_CLAPACKE_H

#include <cblas.h>
#include <lapacke.h>

#endif
