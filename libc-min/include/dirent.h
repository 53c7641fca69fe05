/* dirent.h */
#ifndef _DIRENT_H_
#define _DIRENT_H_

#include <sys/types.h>

typedef struct __dir DIR;

DIR	*opendir(const char *);
DIR	*fdopendir(int);
struct dirent *readdir(DIR *);
void	rewinddir(DIR *);
int	closedir(DIR *);
int	dirfd(DIR *);

#endif /* _DIRENT_H_ */
