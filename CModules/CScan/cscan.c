// All of CScan is inline in its header; SwiftPM wants a source file in every C target.
#include "CScan.h"
