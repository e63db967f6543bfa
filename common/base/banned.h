/* SPDX-License-Identifier: MIT */
/*
 * banned - library calls that must not be used here, because each has a safer twin.
 *
 * Included last by die.h, so that every file sees it. Poisoning is the compiler's own error.
 */
#ifndef TREETALLY_BANNED_H
#define TREETALLY_BANNED_H

#pragma GCC poison sprintf vsprintf strcpy strcat strtok gmtime localtime mktemp atoi atol gets

#endif
