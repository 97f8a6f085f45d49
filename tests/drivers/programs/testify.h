/* For programs that no witness can be preloaded into: writes down which libpq this process has
 * mapped, as harness/witness.c does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void testify(const char *program)
{
    const char *folder = getenv("DRIVERS_WITNESS");
    char file[4096], line[4096], previous[4096] = "";
    FILE *maps = fopen("/proc/self/maps", "r"), *out;

    if (folder == NULL || maps == NULL)
        return;
    snprintf(file, sizeof file, "%s/%ld", folder, (long)getpid());
    out = fopen(file, "w");
    if (out == NULL)
        return;
    fprintf(out, "%ld\t%s\titself\t", (long)getpid(), program);
    while (fgets(line, sizeof line, maps) != NULL) {
        char *path = strchr(line, '/');
        if (path == NULL)
            continue;
        path[strcspn(path, "\n")] = '\0';
        if ((strstr(path, "/libpq.so") != NULL || strstr(path, "/libferropq") != NULL) && strcmp(path, previous) != 0) {
            fprintf(out, "%s%s", previous[0] != '\0' ? ":" : "", path);
            snprintf(previous, sizeof previous, "%s", path);
        }
    }
    fputs("\n", out);
    fclose(out);
    fclose(maps);
}
